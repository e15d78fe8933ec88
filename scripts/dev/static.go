package main

import (
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
)

// static serves the published folder as Netlify does: index.html for a folder,
// page.html for /page, 404.html for what is missing, with the site's redirects and
// headers. Nothing outside the folder can be reached, not even by links.
type static struct {
	dir    string
	config string // netlify.toml; read for each request, so that an edit shows at once
}

func (s static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	headers, err := s.headerRules()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	redirects, err := s.redirectRules()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=0, must-revalidate") // Netlify's default
	applyHeaders(w.Header(), headers, r.URL.Path)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "405: only GET here", http.StatusMethodNotAllowed)
		return
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		http.Error(w, "404: there is no published folder", http.StatusNotFound)
		return
	}
	defer root.Close()
	s.serve(w, r, root, redirects)
}

// serve serves a forced redirect, else a file, else another redirect.
func (s static) serve(w http.ResponseWriter, r *http.Request, root *os.Root, redirects []redirect) {
	path := r.URL.EscapedPath()
	if rule, target, found := findRedirect(redirects, path, true); found && s.follow(w, r, root, rule, target) {
		return
	}
	file, moved := resolve(root.FS(), r.URL.Path)
	switch {
	case moved != "":
		if r.URL.RawQuery != "" {
			moved += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", moved)
		w.WriteHeader(http.StatusMovedPermanently)
		return
	case file != "":
		serveFile(w, r, root, file)
		return
	}
	if rule, target, found := findRedirect(redirects, path, false); found && s.follow(w, r, root, rule, target) {
		return
	}
	notFound(w, r, root)
}

// resolve finds the file of a path, or the path with a slash when it names a
// folder. Both are empty when there is nothing.
func resolve(tree fs.FS, urlPath string) (file, moved string) {
	if strings.TrimSuffix(path.Clean(urlPath), "/") != strings.TrimSuffix(urlPath, "/") || hidden(urlPath) {
		return "", ""
	}
	name := strings.Trim(urlPath, "/")
	if name == "" {
		name = "."
	}
	info, err := fs.Stat(tree, name)
	switch {
	case err == nil && info.IsDir():
		index := path.Join(name, "index.html")
		if _, err := fs.Stat(tree, index); err != nil {
			return "", ""
		}
		if !strings.HasSuffix(urlPath, "/") {
			return "", urlPath + "/"
		}
		return index, ""
	case err == nil && !strings.HasSuffix(urlPath, "/"):
		return name, ""
	case err != nil && fs.ValidPath(name+".html"):
		if _, err := fs.Stat(tree, name+".html"); err == nil {
			return name + ".html", ""
		}
	}
	return "", ""
}

// hidden reports whether a path is not published: a hidden file, unless RFC 8615 places
// it, or one that Netlify reads itself.
func hidden(urlPath string) bool {
	if urlPath == "/_headers" || urlPath == "/_redirects" {
		return true
	}
	for segment := range strings.SplitSeq(urlPath, "/") {
		if strings.HasPrefix(segment, ".") && segment != ".well-known" {
			return true
		}
	}
	return false
}

func serveFile(w http.ResponseWriter, r *http.Request, root *os.Root, name string) {
	file, err := root.Open(name)
	if err != nil {
		notFound(w, r, root)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		notFound(w, r, root)
		return
	}
	http.ServeContent(w, r, name, info.ModTime(), file)
}

// notFound serves the site's own page for what is missing.
func notFound(w http.ResponseWriter, r *http.Request, root *os.Root) {
	servePage(w, r, root, "404.html", http.StatusNotFound)
}

// servePage serves a file with a status other than 200.
func servePage(w http.ResponseWriter, r *http.Request, root *os.Root, name string, status int) {
	page, err := root.Open(name)
	if err != nil {
		http.Error(w, fmt.Sprintf("%d: not found", status), status)
		return
	}
	defer page.Close()
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, page)
	}
}
