"""foodtrace.tlog"""
