// A client of a verifier's HTTP API. Nothing of Credence but base64, so that any verifier with this API can be
// measured.
#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "measure.h"
#include "value_of.h"

namespace bench {

namespace asio = boost::asio;
namespace http = boost::beast::http;

inline constexpr std::string_view kSession = "application/vnd.veraison.challenge-response-session+json";

struct Load {
  asio::ip::tcp::endpoint verifier;
  std::string nonce;
  std::string type;
  std::string evidence;
};

// One keep-alive connection.
class Client {
 public:
  using Response = http::response<http::string_body>;

  explicit Client(const Load& load) : load_(load), socket_(context_) {
    socket_.connect(load.verifier);
    socket_.set_option(asio::ip::tcp::no_delay(true));
  }

  void run_session() {
    const auto opened = open();
    require(opened.result_int() == 201, "a session was opened");
    const auto appraised = submit(opened);
    require(appraised.result_int() == 200, "the evidence was appraised");
    require_affirming(appraised.body());
  }

  Response open() { return post("/challenge-response/v1/newSession?nonce=" + load_.nonce, {}, {}); }

  Response submit(const Response& opened) {
    const std::string location(opened[http::field::location]);
    const std::string id = location.substr(location.rfind('/') + 1);
    return post("/challenge-response/v1/session/" + id, load_.type, load_.evidence);
  }

  // The signature is the affair of the tests: checking it here would make the load weigh as much as the verifier.
  static void require_affirming(const std::string& session) {
    constexpr std::string_view kResult = R"("result":")";
    const std::size_t token = session.find(kResult);
    require(token != std::string::npos, "the session has a result");
    const std::size_t payload = session.find('.', token) + 1;
    const std::size_t end = session.find('.', payload);
    require(payload != 0 && end != std::string::npos, "the result is a JWT");
    const credence::Bytes claims =
        value_of(credence::from_any_base64(std::string_view(session).substr(payload, end - payload)), "claims");
    const bool affirming = credence::as_text(claims).find(R"("ear.status":"affirming")") != std::string_view::npos;
    require(affirming, "the result is affirming");
  }

 private:
  Response post(std::string target, std::string_view type, const std::string& body) {
    http::request<http::string_body> request(http::verb::post, std::move(target), 11);
    request.set(http::field::host, "localhost");
    request.set(http::field::accept, kSession);
    if (!type.empty()) request.set(http::field::content_type, type);
    request.body() = body;
    request.prepare_payload();
    http::write(socket_, request);
    Response response;
    http::read(socket_, buffer_, response);
    return response;
  }

  const Load& load_;
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

// --port P --nonce BASE64URL --type MEDIA-TYPE --evidence FILE
inline Load load_from(int count, char** arguments) {
  const auto text = [&](std::string_view name) { return std::string(argument(count, arguments, name, "")); };
  std::ifstream file(text("--evidence"), std::ios::binary);
  return {.verifier = {asio::ip::make_address("127.0.0.1"),
                       static_cast<std::uint16_t>(std::strtoul(text("--port").c_str(), nullptr, 10))},
          .nonce = text("--nonce"),
          .type = text("--type"),
          .evidence = {std::istreambuf_iterator<char>(file), {}}};
}

}  // namespace bench
