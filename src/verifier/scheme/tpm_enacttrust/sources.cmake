set(sources endorsed.cpp scheme.cpp)
