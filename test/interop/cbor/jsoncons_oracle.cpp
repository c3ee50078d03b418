#include <jsoncons_ext/cbor/cbor_reader.hpp>
#include <system_error>

#include "interop/cbor/oracle.h"

namespace credence::test {

bool jsoncons_accepts(ByteView input) {
  jsoncons::default_json_visitor visitor;
  jsoncons::cbor::cbor_bytes_reader reader(input, visitor);
  std::error_code error;
  reader.read(error);
  return !error;
}

}  // namespace credence::test
