"""The rules that detect findings, grouped by what they look at; :mod:`foodtrace.recall.findings` asks them all."""
