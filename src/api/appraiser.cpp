#include "credence/appraiser.h"

#include <algorithm>
#include <format>

#include "api/read_key.h"
#include "base/clock.h"
#include "base/token_file.h"
#include "client/remote_appraiser.h"
#include "evidence/media_types.h"

namespace credence {
namespace {

// Half of an appraisal's time at most: the result has to be fetched too.
Result<std::shared_ptr<client::KeySet>> open_key_set(const RemoteVerifierOptions& options) {
  client::KeySetOptions made{.location = options.key_set};
  made.http.ca_file = options.ca_file;
  made.http.timeout = std::min(made.http.timeout, options.deadline / 2);
  return client::open_key_set(std::move(made));
}

}  // namespace

Result<Appraiser> remote_verifier(const RemoteVerifierOptions& options) {
  if (options.keys.empty() && options.key_set.empty()) {
    return fail(
        Errc::configuration,
        std::format("expected at least one key that {} signs its results with, or its key set: keys are pinned, "
                    "never taken from the verifier's discovery",
                    options.url));
  }
  client::RemoteVerifier made;
  made.url = options.url;
  for (const auto& path : options.keys) {
    TRY(crypto::PublicKey key, read_verifier_key(path));
    made.keys.push_back(std::move(key));
  }
  made.http.ca_file = options.ca_file;
  made.http.allow_insecure_http = options.allow_insecure_http;
  if (!options.key_set.empty()) {
    TRY(made.key_set, open_key_set(options));
  }
  if (options.token) {
    TRY(SecretBytes token, read_token_file(*options.token));
    made.token = std::make_shared<const SecretBytes>(std::move(token));
  }
  made.issuer = options.issuer;
  made.deadline = options.deadline;
  if (options.allow_insecure_test_root) made.media_types.emplace_back(evidence::kSoftwareTest);
  return client::remote_appraiser(std::move(made), system_clock());
}

}  // namespace credence
