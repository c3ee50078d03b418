// TLS keys that behave, and some that do not.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "rot/attester.h"
#include "rot/software/attester.h"

namespace credence::provider {

[[nodiscard]] inline std::shared_ptr<rot::TlsKey> software_key(crypto::KeyType type = crypto::KeyType::ec_p256) {
  return rot::software::SoftwareAttester::open({.allow_insecure_test_root = true, .tls_key_type = type})
      .value()
      ->tls_key();
}

// Passes everything on to a key that works; the variants below change one thing.
class Wrapped : public rot::TlsKey {
 public:
  explicit Wrapped(std::shared_ptr<rot::TlsKey> inner = software_key()) : inner_(std::move(inner)) {}
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept override { return inner_->public_key(); }
  [[nodiscard]] bool can_sign(crypto::HashAlgorithm hash) const noexcept override { return inner_->can_sign(hash); }
  void sign(const crypto::Digest& digest, rot::Completion<Bytes> done) override {
    ++signatures;
    inner_->sign(digest, std::move(done));
  }

  std::atomic<int> signatures = 0;

 protected:
  std::shared_ptr<rot::TlsKey> inner_;
};

// Works until `locked` is set.
class Lockable final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void sign(const crypto::Digest& digest, rot::Completion<Bytes> done) override {
    if (!locked) return inner_->sign(digest, std::move(done));
    done(fail(Errc::device_locked, "the TPM is in lockout, try again in 600 s"));
  }
  bool locked = false;
};

// Answers on another thread after a while.
class Slow final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  ~Slow() override {
    for (std::thread& thread : threads_) thread.join();
  }
  void sign(const crypto::Digest& digest, rot::Completion<Bytes> done) override {
    const std::scoped_lock lock(mutex_);
    threads_.emplace_back([inner = inner_, digest, delay = delay.load(), done = std::move(done)]() mutable {
      std::this_thread::sleep_for(delay);
      inner->sign(digest, std::move(done));
    });
  }
  std::atomic<std::chrono::milliseconds> delay = std::chrono::milliseconds(0);

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

// Its signatures are longer than any of its curve.
class Verbose final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void sign(const crypto::Digest&, rot::Completion<Bytes> done) override { done(Bytes(4096, 0x30)); }
};

}  // namespace credence::provider
