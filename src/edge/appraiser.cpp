#include "edge/appraiser.h"

#include <algorithm>
#include <atomic>
#include <format>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "edge/fetcher.h"
#include "edge/media_types.h"
#include "edge/own_rules.h"
#include "edge/view.h"
#include "verifier/scheme/scheme.h"

namespace credence::edge {
namespace {

using Steady = std::chrono::steady_clock;
using verifier::AppraisalRequest;
using verifier::Verdict;

// Deny list and anchors, reference values, then conditional endorsements, which may build on each other.
constexpr int kMostRounds = 16;
// Questions of one appraisal. An attester cannot make a relying party ask more, whatever its evidence says.
constexpr std::size_t kMostQuestions = 128;

// What every appraisal shares.
struct Shared {
  EdgeOptions options;
  std::shared_ptr<const Clock> clock;
  std::shared_ptr<Cache> cache;
  std::shared_ptr<Fetcher> fetcher;
  std::atomic<std::size_t> pending = 0;
};

// What was asked for one appraisal serves it even when the cache has no room for it, before what is in the cache.
class Gathered final : public Answers {
 public:
  explicit Gathered(const Cache& cache) : cache_(cache) {}

  Result<std::vector<Kept>> find(const rats::CoservQuery& query, ByteView octets, Timestamp now) const override {
    const auto own = own_.find(octets);
    if (own != own_.end() && own->second.is_usable(now)) return std::vector{own->second};
    if (const auto refused = refused_.find(octets); refused != refused_.end()) return std::unexpected(refused->second);
    return cache_.find(query, octets, now);
  }
  void put(Bytes query, Kept kept) { own_.insert_or_assign(std::move(query), std::move(kept)); }
  // Whoever looks it up is told so: what he wants may stand elsewhere, too (View).
  void refuse(Bytes query, Error error) { refused_.insert_or_assign(std::move(query), std::move(error)); }
  [[nodiscard]] std::size_t size() const noexcept { return own_.size() + refused_.size(); }

 private:
  struct Less {
    using is_transparent = void;
    bool operator()(ByteView left, ByteView right) const noexcept {
      return std::ranges::lexicographical_compare(left, right);
    }
  };
  const Cache& cache_;
  std::map<Bytes, Kept, Less> own_;
  std::map<Bytes, Error, Less> refused_;  // answers that are too large
};

// One evidence: the engine is run, what was missing is asked, and so on until nothing is. Kept alive by the questions
// that are under way.
class Appraisal : public std::enable_shared_from_this<Appraisal> {
 public:
  Appraisal(std::shared_ptr<Shared> shared, const verifier::Scheme& scheme, AppraisalRequest request, Verdict done)
      : shared_(std::move(shared)),
        scheme_(scheme),
        request_(std::move(request)),
        done_(std::move(done)),
        deadline_(Steady::now() + shared_->options.deadline),
        gathered_(*shared_->cache) {}

  // Runs the engine once, on this thread.
  void step() {
    const Timestamp now = shared_->clock->now();
    const auto view = std::make_shared<View>(
        gathered_, scheme_, now,
        View::Options{.allow_insecure_no_deny_list = shared_->options.allow_insecure_no_deny_list});
    const verifier::Engine engine(view, shared_->clock, shared_->options.policy, shared_->options.identity,
                                  shared_->options.policies);
    auto outcome = engine.appraise(request_);
    if (!view->missing().empty()) return ask(view->missing());
    if (outcome) warn_of_unknown(shared_->options.policies.get(), scheme_.name(), *outcome);
    if (outcome && !outcome->is_affirming()) {
      if (View::Missing again = old_ones(*view, now); !again.empty()) {
        verdict_ = *std::move(outcome);
        return ask(again);
      }
    }
    finish(std::move(outcome));
  }

 private:
  // What was used and may have been overtaken meanwhile; only once, and not when it would not be waited for.
  View::Missing old_ones(const View& view, Timestamp now) {
    View::Missing old;
    if (std::exchange(looked_again_, true)) return old;
    for (const auto& [octets, used] : view.used())
      if (used.second + shared_->options.look_again_after < now) old.emplace(octets, used.first);
    return old;
  }

  void ask(const View::Missing& missing) {
    if (++rounds_ > kMostRounds || gathered_.size() + missing.size() > kMostQuestions)
      return give_up(
          fail(Errc::too_large, std::format("the evidence needs more than {} CoSERV queries, or {} rounds of "
                                            "them",
                                            kMostQuestions, kMostRounds)));
    if (Steady::now() >= deadline_)
      return give_up(fail(Errc::timeout, std::format("the CoSERV queries of this evidence took longer than {} ms",
                                                     shared_->options.deadline.count())));
    if (!waits_ && !wait()) return;
    {
      const std::lock_guard lock(mutex_);
      open_ = missing.size();
    }
    for (const auto& [octets, query] : missing)
      shared_->fetcher->fetch(query, [self = shared_from_this(), octets](const Result<Kept>& kept) {
        if (self->take(octets, kept)) self->go_on();
      });
  }

  // A place among those that wait.
  bool wait() {
    if (shared_->pending.fetch_add(1) < shared_->options.max_pending) return waits_ = true;
    shared_->pending.fetch_sub(1);
    give_up(fail(Errc::busy, std::format("{} appraisals are waiting already", shared_->options.max_pending)));
    return false;
  }

  // True for the last answer of a round.
  bool take(const Bytes& octets, const Result<Kept>& kept) {
    const std::lock_guard lock(mutex_);
    if (kept) {
      gathered_.put(octets, *kept);
    } else if (kept.error().code == Errc::too_large && !verdict_) {
      gathered_.refuse(octets, kept.error());
    } else if (!failure_) {
      failure_ = kept.error();
    }
    return --open_ == 0;
  }

  void go_on() {
    if (auto failure = std::exchange(failure_, {})) return give_up(std::unexpected(*std::move(failure)));
    verdict_.reset();
    step();
  }

  // Nothing more can be asked. Every answer behind a verdict that was to be looked at again is still good: it stands,
  // and it affirms nothing.
  void give_up(std::unexpected<Error> failure) {
    if (verdict_) return finish(*std::exchange(verdict_, {}));
    finish(std::move(failure));
  }

  void finish(Result<rats::Ear> verdict) {
    if (waits_) shared_->pending.fetch_sub(1);
    done_(std::move(verdict));
  }

  const std::shared_ptr<Shared> shared_;
  const verifier::Scheme& scheme_;
  const AppraisalRequest request_;
  Verdict done_;
  const Steady::time_point deadline_;
  Gathered gathered_;
  int rounds_ = 0;
  bool waits_ = false;
  bool looked_again_ = false;
  std::optional<rats::Ear> verdict_;  // that stands when the answers cannot be renewed
  // Answers of one round may come on several threads:
  std::mutex mutex_;
  std::size_t open_ = 0;
  std::optional<Error> failure_;
};

class EdgeAppraiser final : public verifier::Appraiser {
 public:
  EdgeAppraiser(std::shared_ptr<Shared> shared, std::shared_ptr<client::CoservClient> client)
      : shared_(std::move(shared)), client_(std::move(client)) {}

  std::vector<std::string> media_types() const override { return channel_media_types(shared_->options.policy); }

  void appraise(AppraisalRequest request, Verdict done) override {
    const verifier::Scheme* scheme = verifier::find_scheme(request.media_type);
    if (scheme == nullptr) {  // the engine's own refusal: it asks nothing
      const verifier::Engine engine(nullptr, shared_->clock, shared_->options.policy, shared_->options.identity);
      return done(engine.appraise(request));
    }
    std::make_shared<Appraisal>(shared_, *scheme, std::move(request), std::move(done))->step();
  }

 private:
  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<client::CoservClient> client_;
};

}  // namespace

std::shared_ptr<verifier::Appraiser> edge_appraiser(std::shared_ptr<client::CoservClient> client, std::string service,
                                                    client::CoservTrust trust, EdgeOptions options,
                                                    std::shared_ptr<const Clock> clock) {
  auto cache = std::make_shared<Cache>(options.cache);
  auto fetcher =
      std::make_shared<Fetcher>(Fetcher::Parts{.client = client,
                                               .service = std::move(service),
                                               .trust = std::move(trust),
                                               .max_age = options.max_age,
                                               .allow_insecure_no_deny_list = options.allow_insecure_no_deny_list,
                                               .clock = clock,
                                               .cache = cache});
  auto shared = std::make_shared<Shared>();
  shared->options = std::move(options);
  shared->clock = std::move(clock);
  shared->cache = std::move(cache);
  shared->fetcher = std::move(fetcher);
  return std::make_shared<EdgeAppraiser>(std::move(shared), std::move(client));
}

Result<std::shared_ptr<verifier::Appraiser>> edge_appraiser(client::CoservService service, EdgeOptions options,
                                                            std::shared_ptr<const Clock> clock, Log& log) {
  std::string name = service.url;
  client::CoservTrust trust = service.trust;
  TRY(auto client, client::coserv_client(std::move(service), clock, log));
  return edge_appraiser(std::move(client), std::move(name), std::move(trust), std::move(options), std::move(clock));
}

}  // namespace credence::edge
