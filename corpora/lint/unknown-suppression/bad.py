# promptopt: ignore FMT006, FTM007 two of them
GREETING = "Greet the customer by name."
FAREWELL = "Wish the customer a good day."  # promptopt: ignore-file: no-such-rule
