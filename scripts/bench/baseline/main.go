// Command baseline is the portal as a good developer would write it in an
// afternoon from the documentation of its libraries: httpadapter before net/http,
// keyfunc.NewDefault with golang-jwt, and http.DefaultClient. scripts/bench
// compares functions/portal with it. It is not deployed, and it stays plain: it
// checks what must be checked and tunes nothing.
//
// It defends as far as those libraries do by default, which is less than
// shared/token, shared/outbound and shared/lambdahttp do.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
	"github.com/golang-jwt/jwt/v5"
)

func main() {
	p := portal{
		issuer:   required("KINDE_ISSUER_URL"),
		clientID: required("KINDE_CLIENT_ID"),
		site:     required("KINDE_SITE_URL"),
	}
	keys, err := keyfunc.NewDefault([]string{p.issuer + "/.well-known/jwks"})
	if err != nil {
		log.Fatalf("signing keys: %v", err)
	}
	p.key = keys.Keyfunc
	lambda.Start(httpadapter.New(p.routes()).ProxyWithContext)
}

func required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}

type portal struct {
	issuer, clientID, site string
	key                    jwt.Keyfunc
}

func (p portal) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /portal", p.open)
	return mux
}

var (
	errReturnURL = errors.New("return_url is not on the site")
	subnav       = regexp.MustCompile(`^[a-z][a-z_]{0,63}$`)
)

// GET /portal?subnav=&return_url=
func (p portal) open(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	raw, err := p.authenticate(r)
	if err != nil {
		p.fail(w, r, "no-token", err)
		return
	}
	query := url.Values{"return_url": {p.site + "/access/"}}
	if area := r.URL.Query().Get("subnav"); area != "" {
		if !subnav.MatchString(area) {
			p.fail(w, r, "invalid-parameter", errors.New("malformed subnav"))
			return
		}
		query.Set("subnav", area)
	}
	if back := r.URL.Query().Get("return_url"); back != "" {
		if err := p.checkReturn(back); err != nil {
			p.fail(w, r, "invalid-return-url", err)
			return
		}
		query.Set("return_url", back)
	}
	link, err := p.link(r.Context(), raw, query)
	if err != nil {
		p.fail(w, r, "portal-error", err)
		return
	}
	http.Redirect(w, r, link, http.StatusFound)
}

func (p portal) fail(w http.ResponseWriter, r *http.Request, code string, err error) {
	log.Printf("portal: %s: %v", code, err)
	http.Redirect(w, r, p.site+"/access/?error="+code, http.StatusFound)
}

type claims struct {
	jwt.RegisteredClaims
	AuthorizedParty string `json:"azp"`
}

// authenticate returns the request's access token once it has been verified.
func (p portal) authenticate(r *http.Request) (string, error) {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "", errors.New("no bearer token")
	}
	var c claims
	_, err := jwt.ParseWithClaims(raw, &c, p.key,
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(p.issuer),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(30*time.Second))
	if err != nil {
		return "", err
	}
	if c.AuthorizedParty != p.clientID || c.Subject == "" {
		return "", errors.New("not a user's token of this client")
	}
	return raw, nil
}

func (p portal) checkReturn(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme+"://"+u.Host != p.site {
		return errReturnURL
	}
	return nil
}

// link asks Kinde for the one-time link.
func (p portal) link(ctx context.Context, token string, query url.Values) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.issuer+"/account_api/v1/portal_link?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("kinde responded %d", resp.StatusCode)
	}
	var body struct {
		URL string `json:"url"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&body); err != nil {
		return "", err
	}
	u, err := url.Parse(body.URL)
	if err != nil || !slices.Contains([]string{"https", "http"}, u.Scheme) || u.Host == "" {
		return "", errors.New("kinde responded without a usable link")
	}
	return body.URL, nil
}
