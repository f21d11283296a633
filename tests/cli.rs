//! The command line as a user runs it: each file under `cmd/` is a call with what it reads, prints and answers.
//! `TRYCMD=overwrite cargo test --test cli` writes what it prints now; read the diff.

#[test]
fn commands() {
    // What the surroundings say must not change what is compared.
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("PROMPTOPT_CONFIG_DIR", "no-such-folder")
        .case("../../tests/cmd/*.toml");
}
