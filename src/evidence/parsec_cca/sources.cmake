set(sources bundle.cpp kind.cpp)
