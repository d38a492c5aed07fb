"""foodtrace.identifiers"""
