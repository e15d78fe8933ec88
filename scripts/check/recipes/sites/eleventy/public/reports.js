%gate%
