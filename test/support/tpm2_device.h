// A TPM device for tests, over libtpms in this process or over a swtpm of the test's own.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "rot/tpm2/tpm2.h"
#include "support/swtpm.h"
#include "support/temporary_directory.h"

namespace credence::test {

// Calls `start` with a completion and waits for its answer.
template <typename T, typename Start>
Result<T> await(Start start) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  start(rot::Completion<T>([promise](Result<T> result) { promise->set_value(std::move(result)); }));
  return future.get();
}

enum class TpmKind { libtpms, swtpm };
inline void PrintTo(TpmKind kind, std::ostream* out) { *out << (kind == TpmKind::libtpms ? "libtpms" : "swtpm"); }

// One software TPM and one state directory; devices come and go over them.
class TpmUnderTest {
 public:
  explicit TpmUnderTest(TpmKind kind) {
    if (kind == TpmKind::swtpm) swtpm_.emplace();
    options.tcti = swtpm_ ? swtpm_->tcti() : "libtpms:" + (directory_.path() / "tpm.state").string();
    options.state_directory = directory_.path() / "keys";
  }

  [[nodiscard]] Result<std::shared_ptr<rot::tpm2::Device>> open() const { return rot::tpm2::Device::open(options); }
  [[nodiscard]] Swtpm& swtpm() { return *swtpm_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }

  rot::tpm2::Options options;

 private:
  TemporaryDirectory directory_;
  std::optional<Swtpm> swtpm_;
};

inline Result<Bytes> sign(rot::TlsKey& key, const crypto::Digest& digest) {
  return await<Bytes>([&](auto done) { key.sign(digest, std::move(done)); });
}

inline Result<rot::Evidence> attest(rot::Attester& attester, const rot::Facts& facts,
                                    const std::shared_ptr<rot::TlsKey>& key, std::vector<std::string> accept) {
  return await<rot::Evidence>([&](auto done) { attester.attest(facts, key, std::move(accept), std::move(done)); });
}

}  // namespace credence::test
