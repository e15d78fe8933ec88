%js%
