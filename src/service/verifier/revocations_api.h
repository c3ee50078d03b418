// The deny list over HTTP (docs/verifier-api.md): what is revoked, by whom it is asked, and lifted again.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "service/http/message.h"
#include "service/verifier/routes.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store.h"
#include "wire/json/json.h"

namespace credence::service {

// Thread-safe.
class RevocationsApi {
 public:
  RevocationsApi(std::shared_ptr<verifier::Store> store, std::shared_ptr<const Clock> clock, Log& log)
      : store_(std::move(store)), clock_(std::move(clock)), log_(&log) {}

  void add_routes(Routes& routes) const;

  [[nodiscard]] http::Response list(const http::Request& request) const;
  // 201 with the entry; 200 when the same thing was revoked before: the first reason stays. Of the lists of one issuer
  // the newest stays, and an older one is a conflict (A22).
  [[nodiscard]] http::Response add(const http::Request& request) const;
  [[nodiscard]] http::Response remove(const http::Request& request) const;

 private:
  [[nodiscard]] Result<verifier::Revocation> read(const json::Object& given) const;
  [[nodiscard]] Result<http::Response> revoke(const http::Request& request) const;

  std::shared_ptr<verifier::Store> store_;
  std::shared_ptr<const Clock> clock_;
  Log* log_;
};

}  // namespace credence::service
