// A response that goes on after its header: events as they happen, or an answer that is waited for.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace credence::service::http {

// No thread waits for a stream: the connection asks when it is woken, and when nothing came for a while. All calls but
// that of `wake` come from one thread at a time.
class ResponseStream {
 public:
  struct Part {
    std::string octets{};  // of the body; empty: nothing to send now
    bool last = false;     // the body ends with this
    // There will be no answer after all: the connection ends within the body, as the client sees. Not one of HTTP/1.0:
    // there the end of the connection is the end of the body, and to it this is an empty or a shorter one.
    bool failed = false;
  };

  virtual ~ResponseStream() = default;
  // What there is to send now.
  [[nodiscard]] virtual Part next() = 0;
  // What to send when there was nothing for quiet_time(): a sign of life, or the end.
  [[nodiscard]] virtual Part when_quiet() = 0;
  [[nodiscard]] virtual std::chrono::milliseconds quiet_time() const = 0;
  // From now on `wake` is called, from any thread, when next() may have something; until another, or an empty one,
  // takes its place: it is not called any more when this returns. It does not block, and may be called once too often.
  virtual void on_news(std::function<void()> wake) = 0;
};

}  // namespace credence::service::http
