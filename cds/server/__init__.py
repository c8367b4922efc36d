"""The embedded FHIR R4 server: a small EHR for the sandbox and for tests, on SQLite or PostgreSQL.

It stores what it is sent, searches by the parameters that HL7 defines for R4, and says in ``/metadata`` what it can do.
It decides nothing about bone, knows no rule, and is never run in production.

``FhirServer.answer(Ask) -> Answer`` is the whole of it, plain data in and out; its HTTP door is ``cds.web.fhir``.

**A broken view of the same data** (for trying out what the service does when an EHR fails): use
``/fhir/_broken/<what=how,…>`` as the base address in place of ``/fhir``. *What* is a resource type (``Observation``),
a type and a word of the question (``Observation:83012-5`` breaks only questions that contain ``83012-5``), or ``*``.
*How* is a status from 400 to 599 (``500``, ``401``), ``timeout`` (no answer), ``empty`` (a search finds nothing),
``garbage`` (a 200 that is no JSON) or ``lie`` (a 200 with a resource of another type)::

    /fhir/_broken/Observation=500,Condition=timeout,MedicationRequest=401

Everything else is answered from the same data, links included. ``cds.server.faults`` reads these views.
"""
