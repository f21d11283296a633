# promptopt: ignore FMT006
FRUIT = "Name three fruits."
