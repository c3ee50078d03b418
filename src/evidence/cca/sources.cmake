set(sources kind.cpp platform.cpp realm.cpp token.cpp)
set(alone realm.cpp)
