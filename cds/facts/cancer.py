"""What cancer the patient has or had, in remission too. A suspected cancer leaves the question open."""

from __future__ import annotations

from cds.engine.fact import Fact, Known
from cds.facts.catalogue import Type, fact
from cds.facts.problems import any_of, ever, settled, with_events
from cds.facts.view import View

_CONDITIONS = ("conditions",)


@fact("cancer.bone_metastasis", Type.BOOL, words="bone metastasis", reads=_CONDITIONS)
def bone_metastasis(view: View) -> Fact:
    """Metastasis in bone or bone marrow."""
    return ever(view, "bone-metastasis")


@fact("cancer.myeloma", Type.BOOL, words="multiple myeloma", reads=_CONDITIONS)
def myeloma(view: View) -> Fact:
    """Multiple myeloma, in remission too."""
    return ever(view, "multiple-myeloma")


@fact("cancer.bone_involvement", Type.BOOL, words="bone metastasis or myeloma", reads=_CONDITIONS)
def bone_involvement(view: View) -> Fact:
    """Either of the two."""
    return any_of(view["cancer.bone_metastasis"], view["cancer.myeloma"])


@fact("cancer.primary_bone_tumour", Type.BOOL, words="cancer that began in bone", reads=_CONDITIONS)
def primary_bone_tumour(view: View) -> Fact:
    """Osteosarcoma, Ewing sarcoma, chondrosarcoma or another cancer of bone or cartilage."""
    return ever(view, "primary-bone-tumour")


@fact("cancer.melanoma", Type.BOOL, words="melanoma", reads=_CONDITIONS)
def melanoma(view: View) -> Fact:
    """Melanoma."""
    return ever(view, "melanoma")


@fact("cancer.prostate", Type.BOOL, words="prostate cancer", reads=_CONDITIONS)
def prostate(view: View) -> Fact:
    """Prostate cancer."""
    return ever(view, "prostate-cancer")


@fact("cancer.hormone_sensitive", Type.BOOL, words="hormone-sensitive cancer recorded", reads=_CONDITIONS)
def hormone_sensitive(view: View) -> Fact:
    """Hormone-sensitive (castration-sensitive) status."""
    return ever(view, "hormone-sensitive-malignancy")


@fact("cancer.hormone_resistant", Type.BOOL, words="castration-resistant cancer recorded", reads=_CONDITIONS)
def hormone_resistant(view: View) -> Fact:
    """Hormone-resistant (castration-resistant) status; it comes after the sensitive one and counts before it."""
    return ever(view, "hormone-resistant-malignancy")


@fact("cancer.non_small_cell_lung", Type.BOOL, words="lung cancer, not coded as small-cell", reads=_CONDITIONS)
def non_small_cell_lung(view: View) -> Fact:
    """Lung cancer of which no code says small-cell; most charts code the site alone."""
    search = view.conditions("lung-cancer")
    small = [hit for hit in search.hits if "small-cell-lung-cancer" in hit.concepts]
    return Known(False, tuple(hit.seen for hit in small)) if small else settled(search.hits, search.gap)


@fact("cancer.metastatic", Type.BOOL, words="distant metastasis", reads=_CONDITIONS)
def metastatic(view: View) -> Fact:
    """Distant metastasis of any kind."""
    return ever(view, "metastatic-cancer")


@fact(
    "cancer.prior_chemo_or_radiotherapy", Type.BOOL, words="chemotherapy or radiotherapy in the past",
    reads=("conditions", "procedures"),
)  # fmt: skip
def prior_chemo_or_radiotherapy(view: View) -> Fact:
    """Chemotherapy or radiotherapy as history code, visit or procedure."""
    told = ("prior-chemotherapy", "prior-radiotherapy", "chemotherapy-encounter")
    return with_events(ever(view, *told), view.procedures(*told))
