"""foodtrace.certificate"""
