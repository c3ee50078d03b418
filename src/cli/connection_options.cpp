#include "cli/connection_options.h"

#include <openssl/ssl.h>

#include <format>

#include "base/text.h"
#include "cli/files.h"
#include "cli/option_value.h"
#include "crypto/openssl/native.h"
#include "rot/tpm2/tpm2.h"

namespace credence::cli {
namespace {

bool presents_tpm(const ConnectionOptions& options) { return !options.tcti.empty() || !options.state.empty(); }
bool presents_certificate(const ConnectionOptions& options) {
  return !options.certificate.empty() || !options.key.empty();
}

Result<void> check_identity(const ConnectionOptions& options, Stream::Side side) {
  if (presents_tpm(options) && (options.tcti.empty() || options.state.empty())) {
    return fail(Errc::usage, "expected --tcti STR and --state DIR together");
  }
  if (presents_certificate(options) && (options.certificate.empty() || options.key.empty()) && !presents_tpm(options)) {
    return fail(Errc::usage, "expected --cert FILE and --key FILE together");
  }
  if (presents_tpm(options) && !options.key.empty()) {
    return fail(Errc::usage, "the key is in the TPM: expected no --key FILE beside --tcti");
  }
  if (!options.attest && !options.require) {
    return fail(Errc::usage, "expected --attest, --require or both: without them this would be plain TLS");
  }
  if (auto pcrs = option_value("--pcrs", rot::tpm2::parse_pcr_selection(options.pcrs)); !pcrs) {
    return std::unexpected(pcrs.error());
  }
  const bool root = presents_tpm(options) || options.insecure_software_root;
  if (options.attest && !root) return fail(Errc::usage, "--attest needs a root of trust: --tcti STR --state DIR");
  if (side == Stream::Side::server && !root && !presents_certificate(options)) {
    return fail(Errc::usage, "a server needs --tcti STR --state DIR, or --cert FILE --key FILE");
  }
  return {};
}

// RFC 9711 section 4.2.1: results name the instance by a UEID, and that has 7 octets or more.
Result<void> check_peer_instances(const ConnectionOptions& options) {
  constexpr std::size_t kLeast = 7;
  constexpr std::size_t kMost = 64;
  for (const std::string& kid : options.peer_instances) {
    TRY(const Bytes octets, option_value("--peer-instance", from_hex(kid)));
    if (octets.size() < kLeast || octets.size() > kMost) {
      return fail(Errc::usage, std::format("--peer-instance: expected a kid of {} to {} octets, as credence endorse "
                                           "printed it, got {}",
                                           kLeast, kMost, octets.size()));
    }
  }
  return {};
}

// A client means the host that it connects to; a server has no such name to look for in a certificate.
Result<void> check_peer(const ConnectionOptions& options, Stream::Side side) {
  if (!options.peer_names.empty() && options.peer_ca.empty()) {
    return fail(Errc::usage,
                "--peer-name needs --peer-ca FILE: a name proves something only in a certificate of that CA");
  }
  const bool pinned = !options.peer_instances.empty() || !options.peer_names.empty() || options.any_of_class;
  if (pinned || (side == Stream::Side::client && !options.peer_ca.empty())) return {};
  return fail(Errc::usage,
              std::format("--require needs to know which peer is meant: --peer-instance KID (as credence "
                          "endorse printed it), {}, or --any-of-class",
                          side == Stream::Side::client ? "--peer-ca FILE" : "--peer-name NAME with --peer-ca FILE"));
}

Result<void> check_demands(const ConnectionOptions& options, Stream::Side side) {
  if (!options.require) {
    if (!options.verifier.empty() || !options.bundle.empty() || !options.policies.empty() ||
        !options.peer_instances.empty() || options.any_of_class) {
      return fail(Errc::usage, "--verifier, --bundle, --policy, --peer-instance and --any-of-class need --require");
    }
    return {};
  }
  if (auto chosen = check_verifier_choice(options); !chosen) {
    chosen.error().why = "--require: " + chosen.error().why;
    return chosen;
  }
  CHECK(check_peer(options, side));
  return check_peer_instances(options);
}

Result<Attester> open_attester(const ConnectionOptions& options) {
  if (options.insecure_software_root) return open_insecure_software_root();
  return open_tpm({.tcti = options.tcti, .state_directory = options.state, .pcrs = options.pcrs});
}

Result<void> use_files(SSL_CTX* context, const ConnectionOptions& options) {
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1) {
    return fail_in(Errc::configuration, options.certificate, "no certificate in PEM: " + crypto::last_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return fail_in(Errc::configuration, options.key, "no key of this certificate: " + crypto::last_error());
  }
  return {};
}

// Returns the attester when this side is to give evidence.
Result<Attester> use_identity(SSL_CTX* context, const ConnectionOptions& options) {
  if (!presents_tpm(options) && !options.insecure_software_root) {
    if (presents_certificate(options)) CHECK(use_files(context, options));
    return Attester();
  }
  TRY(Attester attester, open_attester(options));
  if (options.certificate.empty()) {
    CHECK(use_tls_key(context, attester));
  } else {
    CHECK(use_tls_key(context, attester, std::filesystem::path(options.certificate)));
  }
  return options.attest ? attester : Attester();
}

Result<Demands> demands_from(const ConnectionOptions& options, const std::string& peer_name) {
  Demands demands;
  TRY(demands.verifier, open_appraiser(options, options.allow_insecure_test_root));
  demands.instances = options.peer_instances;
  demands.any_of_class = options.any_of_class;
  demands.attestation_only = options.peer_ca.empty();
  if (!options.peer_ca.empty()) demands.names = options.peer_names;
  if (!options.peer_ca.empty() && !peer_name.empty()) demands.names.push_back(peer_name);
  demands.allow_insecure_test_root = options.allow_insecure_test_root;
  return demands;
}

// A peer that gives no evidence is known by its certificate alone, as in plain TLS.
Result<void> trust_peer_ca(SSL_CTX* context, const ConnectionOptions& options, Stream::Side side) {
  const bool client = side == Stream::Side::client;
  if (!options.peer_ca.empty() && SSL_CTX_load_verify_file(context, options.peer_ca.c_str()) != 1) {
    return fail_in(Errc::configuration, options.peer_ca, "no certificate in PEM: " + crypto::last_error());
  }
  if (client && !options.require && options.peer_ca.empty()) {
    CHECK(crypto::expect_one(SSL_CTX_set_default_verify_paths(context), "SSL_CTX_set_default_verify_paths"));
  }
  if (client && !options.require) SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (!client && !options.require && !options.peer_ca.empty()) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return {};
}

}  // namespace

void FreeSslContext::operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }

Result<SslContext> make_context(const ConnectionOptions& options, Stream::Side side, const std::string& peer_name) {
  CHECK(check_identity(options, side));
  CHECK(check_demands(options, side));
  SslContext context(SSL_CTX_new(side == Stream::Side::client ? TLS_client_method() : TLS_server_method()));
  if (!context) return crypto::openssl_failure("SSL_CTX_new");
  CHECK(crypto::expect_one(static_cast<int>(SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION)),
                           "SSL_CTX_set_min_proto_version"));
  TRY(const Attester attester, use_identity(context.get(), options));
  CHECK(trust_peer_ca(context.get(), options, side));
  AttachOptions attachment{.attester = attester, .require = {}};
  if (options.require) {
    TRY(Demands demands, demands_from(options, peer_name));
    attachment.require = std::move(demands);
  }
  CHECK(attach(context.get(), attachment));
  return context;
}

void add_connection_options(CLI::App& command, ConnectionOptions& options) {
  command.add_option("--tcti", options.tcti, "TPM: libtpms:FILE, swtpm:host=HOST,port=PORT or device:/dev/tpmrm0")
      ->group("This side");
  command.add_option("--state", options.state, "Folder of the keys' authorization values")->group("This side");
  command.add_option("--pcrs", options.pcrs, "Bank and PCRs that are quoted")->group("This side");
  command.add_option("--cert", options.certificate, "Certificate chain, PEM")->group("This side");
  command.add_option("--key", options.key, "Its key, PEM; not with --tcti")->group("This side");
  command.add_flag("--attest", options.attest, "Give evidence to a peer that asks for it")->group("This side");
  command
      .add_flag("--insecure-software-root", options.insecure_software_root,
                "Attest with the published test root, which proves nothing")
      ->group("This side");
  command.add_flag("--require", options.require, "Demand evidence of the peer")->group("The peer");
  add_verifier_choice(command, options, "The peer");
  add_edge_flag(command, options, "The peer");
  command.add_option("--peer-instance", options.peer_instances, "Kid of the device that is meant; repeatable")
      ->group("The peer");
  command.add_option("--peer-ca", options.peer_ca, "CA of the peers' certificates, PEM")->group("The peer");
  command.add_option("--peer-name", options.peer_names, "Name in the peer's certificate; with --peer-ca; repeatable")
      ->group("The peer");
  command.add_flag("--any-of-class", options.any_of_class, "Any device that the verifier affirms will do")
      ->group("The peer");
  command
      .add_flag("--allow-insecure-test-root", options.allow_insecure_test_root,
                "Accept the published test root, which proves nothing")
      ->group("The peer");
  command
      .add_option("--timeout", options.timeout_seconds,
                  "Seconds that a handshake may take, and that connect waits for input and reply")
      ->check(CLI::Range(1U, 3600U));
}

json::Object facts_of(const Peer& peer) {
  json::Object facts{{"verdict", "affirming"},    {"binding", peer.binding},          {"freshness", peer.freshness},
                     {"instance", peer.instance}, {"pinned by", peer.pinned_by},      {"class", peer.class_id},
                     {"verifier", peer.verifier}, {"software TPM", peer.software_tpm}};
  if (peer.unknown_tpm_maker) facts["unknown TPM maker"] = true;
  if (peer.insecure_test_root) facts["INSECURE TEST ROOT"] = true;
  if (!peer.warnings.empty()) facts["warnings"] = json::Array(peer.warnings.begin(), peer.warnings.end());
  return facts;
}

std::string_view verdict_of(const Error& error) noexcept { return is_undecided(error.code) ? "undecided" : "refused"; }

}  // namespace credence::cli
