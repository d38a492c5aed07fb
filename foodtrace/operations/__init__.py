"""What people do with a ledger: read facts, decide, and say which events follow.

Every function here works on one open session and returns events; :meth:`foodtrace.ledger.Ledger.act` runs it and records the
events in the same transaction, so that two lanes cannot spend one certificate. Asks can be refused here; facts that come in
through ``Ledger.record`` never are (RECALL section 7).
"""
