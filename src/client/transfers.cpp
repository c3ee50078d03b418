#include "client/transfers.h"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/easy.h"

namespace credence::client {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLongestSleep{1'000};

std::chrono::milliseconds until(Transfers::Time when) {
  return std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now());
}

std::unexpected<Error> stopped() { return fail(Errc::unavailable, "the client is shutting down"); }

// A thread that takes no signals: those are the application's, which handles them on threads of its own.
template <typename Body>
std::thread start_thread(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

struct MultiCleanup {
  const Libcurl* curl;
  void operator()(CURLM* multi) const noexcept { curl->multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, MultiCleanup>;

}  // namespace

class Transfers::Loop final : public Transfers::Queue {
 public:
  Loop(Multi multi, HttpOptions options, std::size_t max_concurrent)
      : curl_(*multi.get_deleter().curl),
        multi_(std::move(multi)),
        options_(std::move(options)),
        max_concurrent_(max_concurrent) {}

  void start(Job job) override {
    {
      const std::lock_guard lock(mutex_);
      if (!ended_) {
        inbox_.push_back(std::move(job));
        curl_.multi_wakeup(multi_.get());
        return;
      }
    }
    job.done(stopped());  // nobody would ever come for it
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_.multi_wakeup(multi_.get());
  }

  void run() {
    while (collect()) {
      start_due();
      int running = 0;
      curl_.multi_perform(multi_.get(), &running);
      const bool progressed = finish_done();
      if (!progressed) curl_.multi_poll(multi_.get(), nullptr, 0, sleep_time(), nullptr);
    }
    fail_everything();
  }

 private:
  struct Active {
    std::unique_ptr<Easy> easy;
    Done done;
  };

  // Takes over what came in; false when it is time to end.
  bool collect() {
    const std::lock_guard lock(mutex_);
    std::ranges::move(inbox_, std::back_inserter(waiting_));
    inbox_.clear();
    return !stopping_;
  }

  void start_due() {
    const Time now = Clock::now();
    std::vector<Job> due;
    std::erase_if(waiting_, [&](Job& job) {
      const bool late = job.deadline <= now;
      if (!late && (job.not_before > now || active_.size() + due.size() >= max_concurrent_)) return false;
      due.push_back(std::move(job));
      return true;
    });
    for (Job& job : due) start_now(std::move(job));
  }

  void start_now(Job job) {
    const auto left = until(job.deadline);
    if (left.count() <= 0) return job.done(fail_in(Errc::timeout, job.request.url, "no answer before the deadline"));
    HttpOptions options = options_;
    options.timeout = std::min(options.timeout, left);
    auto easy = Easy::make(job.request, options);
    if (!easy) return job.done(std::unexpected(std::move(easy).error()));
    CURL* const handle = (*easy)->handle();
    if (curl_.multi_add_handle(multi_.get(), handle) != CURLM_OK) {
      return job.done(fail(Errc::internal, "libcurl does not take the transfer"));
    }
    active_.emplace(handle, Active{.easy = *std::move(easy), .done = std::move(job.done)});
  }

  bool finish_done() {
    bool progressed = false;
    int left = 0;
    while (const CURLMsg* const message = curl_.multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      auto node = active_.extract(message->easy_handle);
      curl_.multi_remove_handle(multi_.get(), node.key());
      Active& active = node.mapped();
      active.done(active.easy->finish(code));
      progressed = true;
    }
    return progressed;
  }

  [[nodiscard]] int sleep_time() const {
    auto sleep = kLongestSleep;
    if (active_.size() < max_concurrent_) {
      for (const Job& job : waiting_) sleep = std::min(sleep, until(job.not_before));
    }
    for (const Job& job : waiting_) sleep = std::min(sleep, until(job.deadline));
    return static_cast<int>(std::max(sleep, std::chrono::milliseconds(0)).count());
  }

  // Exactly once also means: not never.
  void fail_everything() {
    for (auto& [handle, active] : std::exchange(active_, {})) {
      curl_.multi_remove_handle(multi_.get(), handle);
      active.done(stopped());
    }
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    collect();
    for (Job& job : std::exchange(waiting_, {})) job.done(stopped());
  }

  const Libcurl& curl_;
  const Multi multi_;
  const HttpOptions options_;
  const std::size_t max_concurrent_;
  std::mutex mutex_;
  std::vector<Job> inbox_;
  bool stopping_ = false;
  bool ended_ = false;  // nobody looks into the inbox any more
  // Of the I/O thread alone:
  std::vector<Job> waiting_;
  std::unordered_map<CURL*, Active> active_;
};

Result<std::unique_ptr<Transfers>> Transfers::make(HttpOptions options, std::size_t max_concurrent) {
  TRY(const Libcurl* const curl, libcurl());
  Multi multi(curl->multi_init(), MultiCleanup{.curl = curl});
  if (!multi) return fail(Errc::internal, "libcurl gives no multi handle");
  auto loop = std::make_shared<Loop>(std::move(multi), std::move(options), max_concurrent);
  return std::unique_ptr<Transfers>(new Transfers(std::move(loop)));
}

Transfers::Transfers(std::shared_ptr<Loop> loop)
    : loop_(std::move(loop)), thread_(start_thread([loop = loop_] { loop->run(); })) {}

Transfers::~Transfers() {
  loop_->stop();
  // The last owner may be a verdict's callback: a thread cannot wait for its own end.
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

std::shared_ptr<Transfers::Queue> Transfers::queue() const { return loop_; }

}  // namespace credence::client
