module credence.example/interop

go 1.22

require github.com/veraison/apiclient v0.3.1-0.20240827095125-ab8774ee8e6d
