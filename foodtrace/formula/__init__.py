"""foodtrace.formula"""
