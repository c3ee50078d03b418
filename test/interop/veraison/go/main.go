// Veraison's Go client library against a verifier: one session with the nonce and the evidence that are given. Prints the
// result, a JWT.
package main

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/veraison/apiclient/verification"
)

type recorded struct {
	evidence  []byte
	mediaType string
}

// BuildEvidence returns what was recorded, if the verifier takes its type.
func (r recorded) BuildEvidence(_ []byte, accept []string) ([]byte, string, error) {
	for _, one := range accept {
		if one == r.mediaType {
			return r.evidence, r.mediaType, nil
		}
	}
	return nil, "", fmt.Errorf("%s is not among %v", r.mediaType, accept)
}

func main() {
	log.SetFlags(0)
	newSession := flag.String("new-session", "", "URL of newSession")
	nonce := flag.String("nonce", "", "hexadecimal")
	mediaType := flag.String("media-type", "", "of the evidence")
	evidence := flag.String("evidence", "", "file")
	wrap := flag.String("wrap", "", "cbor or json: as a CMW")
	remove := flag.Bool("delete", false, "delete the session at the end")
	flag.Parse()

	octets, err := os.ReadFile(*evidence)
	if err != nil {
		log.Fatal(err)
	}
	value, err := hex.DecodeString(*nonce)
	if err != nil {
		log.Fatal(err)
	}
	config := verification.ChallengeResponseConfig{
		Nonce:           value,
		EvidenceBuilder: recorded{octets, *mediaType},
		NewSessionURI:   *newSession,
		DeleteSession:   *remove,
	}
	switch *wrap {
	case "cbor":
		config.Wrap = verification.WrapCBOR
	case "json":
		config.Wrap = verification.WrapJSON
	}
	result, err := config.Run()
	if err != nil {
		log.Fatal(err)
	}
	var token string
	if err := json.Unmarshal(result, &token); err != nil {
		log.Fatal(err)
	}
	fmt.Print(token)
}
