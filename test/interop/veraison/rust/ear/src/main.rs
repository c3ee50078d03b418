//! Veraison's Rust library of attestation results: verifies an EAR in a JWT with a JWK, both in files, and prints the
//! status of each submodule.
use std::{env, fs, process};

use ear::{Algorithm, Ear};

fn run() -> Result<(), String> {
    let words: Vec<String> = env::args().collect();
    let [_, key, token] = words.as_slice() else {
        return Err("usage: ear-statuses KEY.jwk RESULT.jwt".into());
    };
    let key = fs::read(key).map_err(|e| format!("{key}: {e}"))?;
    let token = fs::read_to_string(token).map_err(|e| format!("{token}: {e}"))?;
    let ear = Ear::from_jwt_jwk(token.trim(), Algorithm::ES256, &key).map_err(|e| e.to_string())?;
    for (name, submodule) in &ear.submods {
        println!("{name} {:?}", submodule.status);
    }
    Ok(())
}

fn main() {
    if let Err(why) = run() {
        eprintln!("{why}");
        process::exit(1);
    }
}
