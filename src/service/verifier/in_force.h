// What a reload exchanges under those that outlive it: health checks and the change feed.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "service/verifier/result_signer.h"

namespace credence::service {

// Thread-safe.
class InForce {
 public:
  using Signer = std::shared_ptr<const ResultSigner>;
  // `options` as options_fingerprint() has them.
  InForce(Signer signer, std::string options) : signer_(std::move(signer)), options_(std::move(options)) {}

  [[nodiscard]] Signer signer() const {
    const std::lock_guard lock(mutex_);
    return signer_;
  }
  [[nodiscard]] std::string options() const {
    const std::lock_guard lock(mutex_);
    return options_;
  }
  void exchange(Signer signer, std::string options) noexcept {
    const std::lock_guard lock(mutex_);
    signer_.swap(signer);
    options_.swap(options);
  }

 private:
  mutable std::mutex mutex_;
  Signer signer_;
  std::string options_;
};

}  // namespace credence::service
