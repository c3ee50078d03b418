//! Veraison's Rust client library against a verifier: finds the API and the key of results by discovery, then runs one
//! session with the nonce and the evidence that are given. Prints the key as PEM and the result, a JWT.
use std::{env, fs, process};

use veraison_apiclient::{http::ConfigureHttp, ChallengeResponseBuilder, DiscoveryBuilder, Error, Nonce};

const USAGE: &str = "usage: rust-apiclient-session URL AUTHORITY.pem|- NONCE MEDIA-TYPE EVIDENCE   (NONCE in hexadecimal)";

/// The library's callback is a plain function: what it says goes through the token that the library hands to it, the
/// media type before the first zero and the evidence after it.
fn recorded(_nonce: &[u8], accept: &[String], token: Vec<u8>) -> Result<(Vec<u8>, String), Error> {
    let end = token.iter().position(|octet| *octet == 0).expect("the token begins with a media type");
    let media_type = String::from_utf8_lossy(&token[..end]).into_owned();
    if !accept.contains(&media_type) {
        return Err(Error::CallbackError(format!("{media_type} is not among {accept:?}")));
    }
    Ok((token[end + 1..].to_vec(), media_type))
}

fn octets_of(hexadecimal: &str) -> Result<Vec<u8>, String> {
    if hexadecimal.len() % 2 != 0 || !hexadecimal.is_ascii() {
        return Err(format!("NONCE: expected pairs of hexadecimal digits, got {hexadecimal}"));
    }
    (0..hexadecimal.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hexadecimal[i..i + 2], 16).map_err(|e| format!("NONCE: {e}")))
        .collect()
}

async fn run() -> Result<(), String> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [url, authority, nonce, media_type, evidence] = words.as_slice() else {
        return Err(USAGE.into());
    };
    let mut token = media_type.as_bytes().to_vec();
    token.push(0);
    token.extend(fs::read(evidence).map_err(|e| format!("{evidence}: {e}"))?);

    let mut discovery = DiscoveryBuilder::new().with_base_url(url.clone());
    let mut session = ChallengeResponseBuilder::new();
    if authority != "-" {
        discovery = discovery.with_root_certificate(authority.into());
        session = session.with_root_certificate(authority.into());
    }
    let api = discovery.build().map_err(|e| e.to_string())?.get_verification_api().await.map_err(|e| e.to_string())?;
    print!("{}", api.ear_verification_key_as_pem().map_err(|e| e.to_string())?);
    let path = api.get_api_endpoint("newChallengeResponseSession").ok_or("discovery names no newChallengeResponseSession")?;
    let session = session.with_new_session_url(format!("{url}{path}")).build().map_err(|e| e.to_string())?;
    let result = session.run(Nonce::Value(octets_of(nonce)?), recorded, token).await.map_err(|e| e.to_string())?;
    println!("{result}");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(why) = run().await {
        eprintln!("{why}");
        process::exit(1);
    }
}
