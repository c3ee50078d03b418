#include "credence/local_verifier.h"

#include <fstream>

#include "base/clock.h"
#include "base/guarded_clock.h"
#include "rats/corim/corim.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence {
namespace {

Result<Bytes> read_corim(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_in(Errc::not_found, path.string(), "the CoRIM cannot be read");
  const rats::CorimLimits limits;
  Bytes octets(limits.bytes + 1);
  file.read(reinterpret_cast<char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  octets.resize(static_cast<std::size_t>(file.gcount()));
  return octets;
}

Result<void> load(verifier::Store& store, const std::filesystem::path& path, Timestamp now) {
  TRY(const Bytes octets, read_corim(path));
  auto corim = rats::decode_corim(octets);
  if (!corim) return within(path.string(), std::move(corim).error());
  // draft-ietf-rats-corim section 4.1.6: refused here and not at the first handshake.
  const auto current = corim->validity ? rats::check_validity(*corim->validity, now) : Result<void>{};
  if (!current) return within(path.string(), current.error());
  if (auto stored = store.submit(*corim, octets); !stored) return within(path.string(), std::move(stored).error());
  return {};
}

}  // namespace

Result<Appraiser> local_verifier(const LocalVerifierOptions& options) {
  const std::shared_ptr<verifier::Store> store = verifier::memory_store();
  for (const auto& path : options.corims) CHECK(load(*store, path, system_clock()->now()));
  verifier::Policy policy;
  policy.allow_insecure_test_root = options.allow_insecure_test_root;
  return verifier::local_appraiser(std::make_shared<verifier::Engine>(store, guarded_system_clock(), std::move(policy),
                                                                      verifier::Engine::Identity{}));
}

}  // namespace credence
