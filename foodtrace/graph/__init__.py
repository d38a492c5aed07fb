"""foodtrace.graph"""
