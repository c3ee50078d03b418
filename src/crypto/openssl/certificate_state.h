// What a certificate handle shares.
#pragma once

#include "crypto/certificate.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {

struct Certificate::State {
  OwnedX509 certificate;
  Bytes der;
  Bytes spki;
  Timestamp not_before;
  Timestamp not_after;
};

}  // namespace credence::crypto
