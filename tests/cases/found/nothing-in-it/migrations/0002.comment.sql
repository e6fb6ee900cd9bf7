-- irreversible
/* nothing here either */
;;
