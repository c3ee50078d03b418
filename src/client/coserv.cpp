#include "client/coserv.h"

#include <format>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

#include "client/bearer.h"
#include "client/coserv_discovery.h"
#include "client/refusal.h"
#include "client/transfers.h"
#include "client/url.h"

namespace credence::client {
namespace {

using Steady = std::chrono::steady_clock;
using DiscoveryPointer = std::shared_ptr<const CoservDiscovery>;
using OnDiscovery = std::move_only_function<void(Result<DiscoveryPointer>)>;

// The connection's certificate is the service's word as much as its signature is.
Error as_service_error(Error error) {
  if (error.code == Errc::untrusted_chain) error.code = Errc::untrusted_verifier;
  return error;
}

// What the questions of one client share; those under way keep it alive.
class Shared : public std::enable_shared_from_this<Shared> {
 public:
  Shared(CoservService its_service, std::shared_ptr<const Clock> its_clock, Log& its_log,
         std::shared_ptr<Transfers::Queue> its_queue)
      : service(std::move(its_service)), clock(std::move(its_clock)), log(its_log), queue_(std::move(its_queue)) {}

  [[nodiscard]] std::string_view media_type() const {
    return service.trust.allow_insecure_unsigned ? rats::kCoservMediaType : rats::kSignedCoservMediaType;
  }

  void get(const std::string& url, std::string accept, Transfers::Time deadline, Transfers::Done done) {
    HttpRequest request{.url = url, .headers = {{"Accept", std::move(accept)}}};
    if (service.token) {
      auto header = authorization(*service.token);
      if (!header) return done(std::unexpected(std::move(header).error()));
      request.headers.emplace_back("Authorization", *std::move(header));
    }
    queue_->start(
        {.request = std::move(request), .not_before = Steady::now(), .deadline = deadline, .done = std::move(done)});
  }

  // What is served, from memory or from the service; those who ask at the same time share one transfer.
  void discover(OnDiscovery done) {
    std::unique_lock lock(mutex_);
    if (discovery_ != nullptr && Steady::now() < discovered_ + service.discovery_max_age) {
      const DiscoveryPointer known = discovery_;
      lock.unlock();
      return done(known);
    }
    waiting_.push_back(std::move(done));
    if (std::exchange(discovering_, true)) return;
    lock.unlock();
    const std::string url = endpoint(service.url, kCoservDiscoveryPath);
    get(url, std::string(kCoservDiscoveryJson), Steady::now() + service.deadline,
        [self = shared_from_this(), url](Result<HttpResponse> response) {
          self->finish_discovery(parse(std::move(response), url));
        });
  }

  // After an answer that says that the service is another one than it was.
  void forget_discovery() {
    const std::lock_guard lock(mutex_);
    discovery_ = nullptr;
  }

  CoservService service;
  const std::shared_ptr<const Clock> clock;
  Log& log;

 private:
  static Result<CoservDiscovery> parse(Result<HttpResponse> response, const std::string& url) {
    if (!response) return std::unexpected(as_service_error(std::move(response).error()));
    if (response->status != 200) return std::unexpected(refusal_of(*response, url));
    auto discovery = parse_coserv_discovery(response->text());
    if (!discovery) return within(url, std::move(discovery).error());
    return discovery;
  }

  void finish_discovery(Result<CoservDiscovery> outcome) {
    Result<DiscoveryPointer> made = nullptr;
    if (outcome) {
      made = std::make_shared<const CoservDiscovery>(*std::move(outcome));
    } else {
      made = std::unexpected(std::move(outcome).error());
    }
    std::vector<OnDiscovery> told;
    {
      const std::lock_guard lock(mutex_);
      if (made) {
        discovery_ = *made;
        discovered_ = Steady::now();
      }
      discovering_ = false;
      told = std::exchange(waiting_, {});
    }
    for (OnDiscovery& done : told) done(made);
  }

  const std::shared_ptr<Transfers::Queue> queue_;
  std::mutex mutex_;
  DiscoveryPointer discovery_;
  Steady::time_point discovered_{};
  bool discovering_ = false;
  std::vector<OnDiscovery> waiting_;
};

// One question on its way: discovery, the query, the check. Kept alive by the transfer that is under way.
class Question : public std::enable_shared_from_this<Question> {
 public:
  Question(std::shared_ptr<Shared> shared, rats::CoservQuery query, CoservClient::Done done)
      : shared_(std::move(shared)),
        query_(std::move(query)),
        deadline_(Steady::now() + shared_->service.deadline),
        done_(std::move(done)) {}

  void start() {
    shared_->discover([self = shared_from_this()](Result<DiscoveryPointer> discovery) {
      if (auto asked = self->ask(std::move(discovery)); !asked) self->refuse(std::move(asked).error());
    });
  }

 private:
  Result<void> ask(Result<DiscoveryPointer> discovery) {
    if (!discovery) return std::unexpected(std::move(discovery).error());
    auto path = path_for(**discovery, query_, shared_->media_type());
    if (!path) return within(shared_->service.url, std::move(path).error());
    url_ = endpoint(shared_->service.url, *path);
    shared_->get(url_, std::string(shared_->media_type()), deadline_,
                 [self = shared_from_this()](Result<HttpResponse> response) {
                   if (auto done = self->on_response(std::move(response)); !done) self->refuse(std::move(done).error());
                 });
    return {};
  }

  Result<void> on_response(Result<HttpResponse> response) {
    if (!response) return std::unexpected(as_service_error(std::move(response).error()));
    if (response->status != 200) {
      shared_->forget_discovery();
      return std::unexpected(refusal_of(*response, shared_->service.url));
    }
    return check(std::move(response->body), true);
  }

  // A result of a key that is not known may be the first one of a new key: worth one look at the key set.
  Result<void> check(Bytes octets, bool may_refresh) {
    const CoservTrust& trust = shared_->service.trust;
    auto message = check_coserv(octets, trust, shared_->clock->now());
    if (!message && may_refresh && trust.key_set && message.error().code == Errc::untrusted_verifier) {
      trust.key_set->refresh([self = shared_from_this(), octets = std::move(octets)]() mutable {
        if (auto done = self->check(std::move(octets), false); !done) self->refuse(std::move(done).error());
      });
      return {};
    }
    if (!message) return within(shared_->service.url, std::move(message).error());
    TRY(const Bytes asked, rats::encode_coserv_query(query_));
    // A good answer to another question would give one attester the values of another one.
    if (message->query_octets != asked)
      return fail_in(Errc::invalid_value, shared_->service.url,
                     "expected the answer to the query that was sent, got "
                     "the answer to another one");
    done_(CoservAnswer{.octets = std::move(octets), .message = *std::move(message)});
    return {};
  }

  void refuse(Error error) {
    shared_->log.write(LogLevel::warning, "CoSERV query failed: " + error.text());
    done_(std::unexpected(std::move(error)));
  }

  const std::shared_ptr<Shared> shared_;
  const rats::CoservQuery query_;
  const Transfers::Time deadline_;
  CoservClient::Done done_;
  std::string url_;
};

class HttpCoservClient final : public CoservClient {
 public:
  HttpCoservClient(std::shared_ptr<Shared> shared, std::unique_ptr<Transfers> transfers)
      : shared_(std::move(shared)), transfers_(std::move(transfers)) {}

  void ask(rats::CoservQuery query, Done done) override {
    std::make_shared<Question>(shared_, std::move(query), std::move(done))->start();
  }

 private:
  const std::shared_ptr<Shared> shared_;
  const std::unique_ptr<Transfers> transfers_;
};

}  // namespace

Result<std::shared_ptr<CoservClient>> coserv_client(CoservService service, std::shared_ptr<const Clock> clock,
                                                    Log& log) {
  CHECK(check_url(service.url, service.http.allow_insecure_http));
  CHECK(check_trust(service.trust));
  if (service.token) CHECK(authorization(*service.token));
  service.trust.limits.bytes = service.http.max_response;
  TRY(std::unique_ptr<Transfers> transfers, Transfers::make(service.http, service.max_concurrent));
  auto shared = std::make_shared<Shared>(std::move(service), std::move(clock), log, transfers->queue());
  return std::make_shared<HttpCoservClient>(std::move(shared), std::move(transfers));
}

Result<CoservAnswer> ask_and_wait(CoservClient& client, rats::CoservQuery query) {
  std::promise<Result<CoservAnswer>> promise;
  auto answer = promise.get_future();
  client.ask(std::move(query), [&promise](Result<CoservAnswer> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

}  // namespace credence::client
