package kindetest

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
)

//go:embed pages
var pageFiles embed.FS

// pageSet holds each page within the layout.
var pageSet = func() map[string]*template.Template {
	set := map[string]*template.Template{}
	for _, name := range []string{"signin", "device", "consent", "portal", "message", "home", "users"} {
		set[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/"+name+".html"))
	}
	return set
}()

// render shows a page. The CSP has no form-action: the forms redirect to other origins,
// which browsers would block.
func render(w http.ResponseWriter, status int, name string, view any) {
	var out bytes.Buffer
	if err := pageSet[name].ExecuteTemplate(&out, "layout", view); err != nil {
		http.Error(w, "page failed", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: browsers would then post the forms with Origin: null.
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

type messageView struct{ Title, Text, Value string }

// renderMessage shows a page with a message and a value to copy.
func renderMessage(w http.ResponseWriter, status int, title, text, value string) {
	render(w, status, "message", messageView{title, text, value})
}

func stylesheet(w http.ResponseWriter, _ *http.Request) {
	css, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		http.Error(w, "no stylesheet", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(css)
}

type homeView struct {
	Issuer  string
	Clients []Client
	Users   []userView
	Token   string // an access token to copy
	Holder  string
}

// home handles GET /: a description, and a form that shows an access token.
func (k *Kinde) home(w http.ResponseWriter, _ *http.Request) {
	k.mu.Lock()
	users := k.userViews("")
	k.mu.Unlock()
	render(w, http.StatusOK, "home", homeView{Issuer: k.opt.Issuer, Clients: *k.clients.Load(), Users: users})
}

// showToken handles POST /dev/token: an access token of the user in the
// form at ClientID, to copy from the page.
func (k *Kinde) showToken(w http.ResponseWriter, r *http.Request) {
	view := homeView{Issuer: k.opt.Issuer, Clients: *k.clients.Load()}
	k.mu.Lock()
	view.Users = k.userViews("")
	p := k.user(r.PostForm.Get("person"))
	if p != nil {
		view.Holder = p.Name()
	}
	k.mu.Unlock()
	if p == nil {
		renderMessage(w, http.StatusUnprocessableEntity, "No user chosen", "Choose one of the users.", "")
		return
	}
	view.Token = k.Mint(For(p.ID))
	render(w, http.StatusOK, "home", view)
}
