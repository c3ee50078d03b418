set(sources claims.cpp component.cpp describe.cpp kind.cpp lifecycle.cpp token.cpp)
