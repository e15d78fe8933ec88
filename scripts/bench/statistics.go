package main

import (
	"archive/zip"
	"compress/flate"
	"io"
	"os"
	"slices"
)

// percentile returns a percentile by the nearest rank. It requires values, and percent
// from 1 to 100.
func percentile[T ~int64](values []T, percent int) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(percent*len(sorted)+99)/100-1]
}

// zippedSize returns the size of the binary in a zip, as hosts receive it.
func zippedSize(path string) (int64, error) {
	binary, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer binary.Close()
	var size counter
	archive := zip.NewWriter(&size)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	entry, err := archive.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(entry, binary); err != nil {
		return 0, err
	}
	err = archive.Close()
	return int64(size), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
