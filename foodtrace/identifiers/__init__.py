"""Identifiers of operators, licences, goods and lots. Import the module you need; nothing loads here.

Every module has the same verbs: ``parse(text, *, lenient=False)`` gives a frozen noun, ``format(noun_or_text)`` its
one canonical text, ``is_valid(text)`` a yes or no, and, where there is one, ``check_digit(body)`` the check character.

1. Strict parsing (the default, for what is registered anew) refuses a wrong check digit with ``BadData``.
2. Lenient parsing (for what somebody else printed) keeps the value and says so in ``noun.warnings``.
3. A wrong form is refused in both.
4. Full-width characters, lower case, spaces and hyphens as people type them are read as what they stand for.
"""
