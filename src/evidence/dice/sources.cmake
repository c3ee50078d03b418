set(sources chain.cpp kind.cpp measurement.cpp)
