set(sources kind.cpp token.cpp)
