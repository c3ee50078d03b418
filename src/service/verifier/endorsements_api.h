// What is provisioned: listed, fetched, deactivated, activated, removed (docs/verifier-api.md). Veraison documents
// activation and its server lacks it; the rest its users ask for.
#pragma once

#include <memory>

#include "base/log.h"
#include "service/http/message.h"
#include "service/verifier/routes.h"
#include "verifier/store.h"

namespace credence::service {

// Thread-safe.
class EndorsementsApi {
 public:
  EndorsementsApi(std::shared_ptr<verifier::Store> store, Log& log) : store_(std::move(store)), log_(&log) {}

  void add_routes(Routes& routes) const;

  [[nodiscard]] http::Response list(const http::Request& request) const;
  [[nodiscard]] http::Response get(const http::Request& request) const;
  [[nodiscard]] http::Response remove(const http::Request& request) const;
  // Of one CoRIM by the id of its submission.
  [[nodiscard]] http::Response set_one_active(const http::Request& request, bool active) const;
  // Of those that an ELM query selects: all of them or none.
  [[nodiscard]] http::Response set_active(const http::Request& request, bool active) const;

 private:
  [[nodiscard]] Result<verifier::LifecycleChange> apply_query(const http::Request& request, bool active) const;

  std::shared_ptr<verifier::Store> store_;
  Log* log_;
};

}  // namespace credence::service
