# promptopt: prompt
GREETING = "Greet the customer by name."
FAREWELL = "Wish them a good day."  # promptopt: ignore FMT006 -- until they complain
