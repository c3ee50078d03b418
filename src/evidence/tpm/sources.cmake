set(sources algorithm.cpp attest.cpp bundle.cpp check.cpp endorsement.cpp key_record.cpp kind.cpp pcr.cpp public_area.cpp signature.cpp tpm2b.cpp)
