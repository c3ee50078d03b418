#include "verifier/trace.h"

#include <array>
#include <format>
#include <string>
#include <utility>

namespace credence::verifier {
namespace {

constexpr std::size_t kMostSteps = 256;
constexpr std::size_t kMostOctets = 64 << 10;  // of all texts: a result stays far below what its readers take
constexpr std::size_t kLongestText = 1'024;

constexpr std::array kTexts = {&Trace::Step::submodule, &Trace::Step::claim,  &Trace::Step::subject,
                               &Trace::Step::expected,  &Trace::Step::actual, &Trace::Step::source,
                               &Trace::Step::submission};

// Texts of evidence and CoRIMs were checked to be UTF-8; a cut within a character would leave none.
void cut(std::string& text) {
  if (text.size() <= kLongestText) return;
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  text += "...";
}

}  // namespace

void Trace::add(Step step) {
  if (!wanted_) return;
  std::size_t octets = 0;
  for (const auto text : kTexts) {
    cut(step.*text);
    octets += (step.*text).size();
  }
  if (steps_.size() >= kMostSteps || octets_ + octets > kMostOctets) {
    ++left_out_;
    return;
  }
  octets_ += octets;
  steps_.push_back(std::move(step));
}

std::vector<Trace::Step> Trace::take() {
  if (left_out_ > 0) steps_.push_back({.subject = std::format("{} more comparisons are left out", left_out_)});
  return std::exchange(steps_, {});
}

}  // namespace credence::verifier
