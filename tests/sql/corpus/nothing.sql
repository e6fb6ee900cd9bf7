-- Only comments; and
/* empty /* statements */ ; */
;;
 ; ;
