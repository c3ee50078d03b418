// An SSL_write() that itself drives the handshake to its end. libssl asks whether writing is allowed on entry only:
// what the gate decides inside the call must hold for the call's own data (protocol.md 1.9).
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

#include "in_memory.h"
#include "support/refusal.h"

namespace credence::channel {
namespace {

using test::expect_refused;

using OwnedSsl = crypto::Owned<SSL, SSL_free>;
constexpr std::string_view kSecret = "secret";

// --- ways around the verify step ---

int accept_all(X509_STORE_CTX*, void*) { return 1; }

int switch_context(SSL* ssl, int*, void* context) {
  SSL_set_SSL_CTX(ssl, static_cast<SSL_CTX*>(context));
  return SSL_TLSEXT_ERR_OK;
}

constexpr std::string_view kIdentity = "shared";

SSL_SESSION* external_session(SSL* ssl) {
  constexpr std::array<unsigned char, 2> suite{0x13, 0x02};
  constexpr std::array<unsigned char, 48> key{1};
  SSL_SESSION* session = SSL_SESSION_new();
  SSL_SESSION_set1_master_key(session, key.data(), key.size());
  SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite.data()));
  SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
  return session;
}

int use_session(SSL* ssl, const EVP_MD*, const unsigned char** identity, std::size_t* size, SSL_SESSION** session) {
  *identity = reinterpret_cast<const unsigned char*>(kIdentity.data());
  *size = kIdentity.size();
  *session = external_session(ssl);
  return 1;
}

int find_session(SSL* ssl, const unsigned char*, std::size_t, SSL_SESSION** session) {
  *session = external_session(ssl);
  return 1;
}

// --- both ends over a socket pair, blocking, the peer on a thread of its own ---

class Sockets {
 public:
  Sockets() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    for (const int end : ends_) setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  ~Sockets() {
    for (const int end : ends_) ::close(end);
  }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;
  [[nodiscard]] int ours() const noexcept { return ends_[0]; }
  [[nodiscard]] int theirs() const noexcept { return ends_[1]; }

 private:
  std::array<int, 2> ends_{};
};

// Contexts of the end under test, of its peer, and one that demands nothing.
struct Scene {
  Scene() { trust(plain_server.get(), client_device), trust(plain_client.get(), server_device); }

  [[nodiscard]] Attachment demand_of(const Device& device) const { return attachment(demand(device, appraiser), {}); }
  void client_attests() {
    ASSERT_TRUE(attach(client.get(), attachment({}, client_device.offer())));
    trust(client.get(), server_device);
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  }
  void server_attests() { ASSERT_TRUE(attach(server.get(), attachment({}, server_device.offer()))); }

  Device client_device;
  Device server_device;
  std::shared_ptr<TestAppraiser> appraiser = std::make_shared<TestAppraiser>();
  ContextPtr client = client_device.context(TLS_client_method());
  ContextPtr server = server_device.context(TLS_server_method());
  ContextPtr plain_client = client_device.context(TLS_client_method());
  ContextPtr plain_server = server_device.context(TLS_server_method());
};

OwnedSsl connect_over(SSL_CTX* context, int socket, bool server) {
  OwnedSsl ssl(SSL_new(context));
  SSL_set_fd(ssl.get(), socket);
  server ? SSL_set_accept_state(ssl.get()) : SSL_set_connect_state(ssl.get());
  if (!server) SSL_set_tlsext_host_name(ssl.get(), "peer.example");
  return ssl;
}

// What the peer does: its handshake, a word of its own, and what it then reads until the end.
std::string speak_and_listen(SSL* ssl) {
  if (SSL_do_handshake(ssl) != 1) return "";
  SSL_write(ssl, "order", 5);
  std::array<char, 64> into{};
  const int size = SSL_read(ssl, into.data(), into.size());
  return size > 0 ? std::string(into.data(), static_cast<std::size_t>(size)) : "";
}

struct Seen {
  int returned = 0;      // by the call that drove the handshake
  int again = 0;         // by the same call once more
  std::string received;  // by the peer
  Result<void> open;
};

using Tamper = void (*)(Scene&, SSL*);
using Drive = int (*)(SSL*);

int drive_by_write(SSL* ssl) { return SSL_write(ssl, kSecret.data(), static_cast<int>(kSecret.size())); }
int drive_by_read(SSL* ssl) {
  std::array<char, 64> into{};
  return SSL_read(ssl, into.data(), into.size());
}

Seen run(Scene& scene, bool server, Tamper on_ssl, Drive drive) {
  const Sockets sockets;
  const OwnedSsl peer = connect_over((server ? scene.client : scene.server).get(), sockets.theirs(), !server);
  const OwnedSsl ours = connect_over((server ? scene.server : scene.client).get(), sockets.ours(), server);
  if (on_ssl != nullptr) on_ssl(scene, ours.get());
  Seen seen;
  std::thread listener([&] { seen.received = speak_and_listen(peer.get()); });
  seen.returned = drive(ours.get());
  seen.open = check_open(ours.get());
  if (!seen.open) seen.again = drive(ours.get());
  if (!seen.open || drive == drive_by_read) ::shutdown(sockets.ours(), SHUT_RDWR);
  listener.join();
  ERR_clear_error();
  return seen;
}

struct Case {
  const char* title;
  bool server;                   // the end under test
  void (*tamper)(Scene&);        // with the contexts, after attach()
  void (*on_ssl)(Scene&, SSL*);  // with the SSL under test
  bool peer_attests = false;     // some ways need a peer that offers to attest
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.title; }

class DrivenByWrite : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() { static_cast<void>(std::signal(SIGPIPE, SIG_IGN)); }

  static void attach_end_under_test(Scene& scene) {
    if (GetParam().server) {
      ASSERT_TRUE(attach(scene.server.get(), scene.demand_of(scene.client_device)));
    } else {
      ASSERT_TRUE(attach(scene.client.get(), scene.demand_of(scene.server_device)));
    }
  }
  static void peer_attests(Scene& scene) { GetParam().server ? scene.client_attests() : scene.server_attests(); }

  static void expect_no_way_around(Drive drive) {
    Scene scene;
    attach_end_under_test(scene);
    if (GetParam().peer_attests) peer_attests(scene);
    if (GetParam().tamper != nullptr) GetParam().tamper(scene);
    const Seen seen = run(scene, GetParam().server, GetParam().on_ssl, drive);
    EXPECT_LE(seen.returned, 0);
    EXPECT_LE(seen.again, 0);
    EXPECT_EQ(seen.received, "");
    expect_refused(seen.open, Errc::evidence_missing, "");
  }
};

TEST_P(DrivenByWrite, SendsNothingToAPeerThatIsRefused) { expect_no_way_around(drive_by_write); }

TEST_P(DrivenByWrite, ReadsNothingFromAPeerThatIsRefused) { expect_no_way_around(drive_by_read); }

TEST_P(DrivenByWrite, SendsToAPeerThatIsAccepted) {
  Scene scene;
  attach_end_under_test(scene);
  peer_attests(scene);
  const Seen seen = run(scene, GetParam().server, nullptr, drive_by_write);
  EXPECT_EQ(seen.returned, static_cast<int>(kSecret.size()));
  EXPECT_EQ(seen.received, kSecret);
  EXPECT_TRUE(seen.open) << seen.open.error().text();
}

TEST_P(DrivenByWrite, ReadsFromAPeerThatIsAccepted) {
  Scene scene;
  attach_end_under_test(scene);
  peer_attests(scene);
  EXPECT_EQ(run(scene, GetParam().server, nullptr, drive_by_read).returned, 5);
}

void server_knows_the_external_key(Scene& scene) {
  SSL_CTX_set_psk_find_session_callback(scene.server.get(), find_session);
}

INSTANTIATE_TEST_SUITE_P(
    WaysAround, DrivenByWrite,
    testing::Values(
        Case{"ClientWithExternalPskOnTheSsl", false, server_knows_the_external_key,
             [](Scene&, SSL* ssl) { SSL_set_psk_use_session_callback(ssl, use_session); }},
        Case{"ClientWithExternalPskOnTheContext", false,
             [](Scene& scene) {
               server_knows_the_external_key(scene);
               SSL_CTX_set_psk_use_session_callback(scene.client.get(), use_session);
             },
             nullptr},
        Case{"ClientWithAnotherVerifyCallback", false,
             [](Scene& scene) { SSL_CTX_set_cert_verify_callback(scene.client.get(), accept_all, nullptr); }, nullptr},
        Case{"ClientInAnotherContext", false, nullptr,
             [](Scene& scene, SSL* ssl) { SSL_set_SSL_CTX(ssl, scene.plain_client.get()); }},
        Case{"ServerSwitchedOut", true,
             [](Scene& scene) {
               SSL_CTX_set_tlsext_servername_callback(scene.server.get(), switch_context);
               SSL_CTX_set_tlsext_servername_arg(scene.server.get(), scene.plain_server.get());
             },
             nullptr},
        Case{"ServerSwitchedIn", true,
             [](Scene& scene) {
               SSL_CTX_set_tlsext_servername_callback(scene.plain_server.get(), switch_context);
               SSL_CTX_set_tlsext_servername_arg(scene.plain_server.get(), scene.server.get());
               std::swap(scene.server, scene.plain_server);
             },
             nullptr},
        Case{"ServerWithAnotherVerifyCallback", true,
             [](Scene& scene) { SSL_CTX_set_cert_verify_callback(scene.server.get(), accept_all, nullptr); }, nullptr,
             true},
        Case{"ServerWithExternalPskOnTheSsl", true,
             [](Scene& scene) { SSL_CTX_set_psk_use_session_callback(scene.client.get(), use_session); },
             [](Scene&, SSL* ssl) { SSL_set_psk_find_session_callback(ssl, find_session); }}),
    [](const auto& one) { return one.param.title; });

// Otherwise the cases above with an external PSK would test nothing.
TEST(ExternalPsk, IsTakenBetweenStockEnds) {
  Scene scene;
  SSL_CTX_set_psk_find_session_callback(scene.plain_server.get(), find_session);
  SSL_CTX_set_psk_use_session_callback(scene.plain_client.get(), use_session);
  Pair pair(scene.plain_client.get(), scene.plain_server.get());
  SSL_clear_mode(pair.client.ssl, SSL_MODE_ASYNC);
  SSL_clear_mode(pair.server.ssl, SSL_MODE_ASYNC);
  pair.run();
  ASSERT_EQ(pair.client.outcome, Outcome::done) << pair.client.reason;
  EXPECT_EQ(SSL_session_reused(pair.client.ssl), 1);
}

// --- the output that a refusal takes away ---

// The application's own ends of the wires of an SSL.
struct Wires {
  BIO* input = nullptr;   // what the peer says is written here
  BIO* output = nullptr;  // and what this end says is read here
  BIO* buffer = nullptr;  // before it, when there is one
  crypto::OwnedBio owned{};
};

Wires memory_without_a_reference(SSL* ssl) {
  Wires wires{.input = BIO_new(BIO_s_mem()), .output = BIO_new(BIO_s_mem())};
  SSL_set_bio(ssl, wires.input, wires.output);
  return wires;
}
Wires memory_with_a_reference(SSL* ssl) {
  Wires wires = memory_without_a_reference(ssl);
  BIO_up_ref(wires.output);
  wires.owned.reset(wires.output);
  return wires;
}
Wires behind_a_buffer(SSL* ssl) {
  Wires wires{.input = BIO_new(BIO_s_mem()), .output = BIO_new(BIO_s_mem())};
  wires.buffer = BIO_push(BIO_new(BIO_f_buffer()), wires.output);
  SSL_set_bio(ssl, wires.input, wires.buffer);
  return wires;
}
Wires bio_pair(SSL* ssl) {
  BIO* inside = nullptr;
  BIO* outside = nullptr;
  BIO_new_bio_pair(&inside, 1 << 16, &outside, 1 << 16);
  SSL_set_bio(ssl, inside, inside);
  return {.input = outside, .output = outside, .owned = crypto::OwnedBio(outside)};
}

struct Wiring {
  const char* title;
  Wires (*wire)(SSL*);
};
void PrintTo(const Wiring& one, std::ostream* out) { *out << one.title; }

class WithheldOutput : public testing::TestWithParam<Wiring> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(attach(scene.client.get(), scene.demand_of(scene.server_device)));
    ssl.reset(SSL_new(scene.client.get()));
    SSL_set_connect_state(ssl.get());
    wires = GetParam().wire(ssl.get());
  }

  void move_to(End& peer) const {
    std::array<std::uint8_t, 4096> octets{};
    if (wires.buffer != nullptr) static_cast<void>(BIO_flush(wires.buffer));
    while (BIO_ctrl_pending(wires.output) > 0) {
      const int size = BIO_read(wires.output, octets.data(), octets.size());
      if (size <= 0) break;
      BIO_write(SSL_get_rbio(peer.ssl), octets.data(), size);
    }
  }
  void move_from(End& peer) const {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(peer.ssl), &data);
    if (size > 0) BIO_write(wires.input, data, static_cast<int>(size));
    static_cast<void>(BIO_reset(SSL_get_wbio(peer.ssl)));
  }
  // Everything that either end says, until both stand still; what the last write of this end gave.
  int write_to(End& peer) const {
    int returned = 0;
    for (int round = 0; round < 6 && returned <= 0; ++round) {
      returned = drive_by_write(ssl.get());
      move_to(peer);
      if (peer.outcome == Outcome::wants) peer.advance();
      move_from(peer);
    }
    ERR_clear_error();
    return returned;
  }

  Scene scene;
  Wires wires;
  OwnedSsl ssl;
};

TEST_P(WithheldOutput, StaysAliveAndGetsNoData) {
  SSL_CTX_set_cert_verify_callback(scene.client.get(), accept_all, nullptr);
  End peer(scene.plain_server.get(), true);
  EXPECT_LE(write_to(peer), 0);
  EXPECT_EQ(peer.outcome, Outcome::done) << "the Finished of the refused handshake was on its way already";
  EXPECT_LE(peer.read(), 0);
  expect_refused(check_open(ssl.get()), Errc::evidence_missing, "bypassed");
  EXPECT_EQ(BIO_ctrl_pending(wires.output), 0U);
}

TEST_P(WithheldOutput, IsGivenBackForTheNextPeer) {
  SSL_CTX_set_cert_verify_callback(scene.client.get(), accept_all, nullptr);
  End refused(scene.plain_server.get(), true);
  EXPECT_LE(write_to(refused), 0);
  ASSERT_EQ(SSL_clear(ssl.get()), 1);
  char rest = 0;
  while (BIO_read(SSL_get_rbio(ssl.get()), &rest, 1) == 1) {  // tickets of the last peer
  }
  End next(scene.plain_server.get(), true);
  EXPECT_LE(write_to(next), 0);
  EXPECT_EQ(next.outcome, Outcome::done);
  EXPECT_LE(next.read(), 0);
}

TEST_P(WithheldOutput, CarriesDataToAPeerThatIsAccepted) {
  scene.server_attests();
  End peer(scene.server.get(), true);
  EXPECT_EQ(write_to(peer), static_cast<int>(kSecret.size()));
  EXPECT_EQ(peer.read(), static_cast<int>(kSecret.size()));
}

INSTANTIATE_TEST_SUITE_P(Wirings, WithheldOutput,
                         testing::Values(Wiring{"MemoryWithoutAReference", memory_without_a_reference},
                                         Wiring{"MemoryWithAReference", memory_with_a_reference},
                                         Wiring{"BehindABuffer", behind_a_buffer}, Wiring{"BioPair", bio_pair}),
                         [](const auto& one) { return one.param.title; });

}  // namespace
}  // namespace credence::channel
