"""foodtrace.gate"""
