set(sources scheme.cpp)
