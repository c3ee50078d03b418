set(sources claims.cpp compare.cpp endorsed.cpp expected.cpp field.cpp hazard.cpp scheme.cpp stated.cpp)
